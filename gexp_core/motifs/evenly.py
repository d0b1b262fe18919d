"""Which of many are looked at where there are more than can be."""


def evenly(count: int, most: int) -> list[int]:
    """Return at most ``most`` of the places 0 to count - 1, evenly spread, in order."""
    chosen = min(count, most)
    return [i * count // chosen for i in range(chosen)]
