import pytest

from gexp_core.jobs import Bounds, Engine


@pytest.fixture(scope="package")
def engine(model_folder):
    """Two workers that know the toy model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEXP_MODELS", str(model_folder))
        made = Engine(Bounds(workers=2, share=2, seconds=0, memory=0))
        made.warm()
        yield made
        made.stop()
