"""How much a process may take that does one thing for the service, and ends."""

import resource


def limited(*, memory: int, seconds: int) -> None:
    """This process, from now on: so many bytes, and so many seconds at work."""
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),  # it would hold people's data
    ):
        resource.setrlimit(limit, (most, most))
