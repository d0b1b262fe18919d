"""What the tests of explanations share: the state of a model, and a progress that gives up."""

from gexp_core.errors import CancelledError


def state(model):
    """Return everything about a network that a borrower must leave as it was."""
    network = model.network
    tensors = {
        name: (value.clone(), value.requires_grad, value.grad, value.device)
        for name, value in (*network.named_parameters(), *network.named_buffers())
    }
    modules = {
        name: (
            module.training,
            len(module._forward_hooks),
            len(module._forward_pre_hooks),
            len(module._backward_hooks),
            len(module._backward_pre_hooks),
        )
        for name, module in network.named_modules()
    }
    return tensors, modules


def same(before, after):
    """Return whether two states are equal, value for value."""
    tensors, modules = before
    others, other_modules = after
    return (
        modules == other_modules
        and tensors.keys() == others.keys()
        and all(
            value.equal(others[name][0]) and rest == list(others[name][1:])
            for name, (value, *rest) in tensors.items()
        )
    )


def stop_after(calls):
    """Return a progress that raises CancelledError at the given call."""
    seen = []

    def progress(done, total):
        seen.append((done, total))
        if len(seen) >= calls:
            raise CancelledError("stopped")

    return progress


def watch(into):
    """Return a progress that writes what it is told into a list."""
    return lambda done, total: into.append((done, total))
