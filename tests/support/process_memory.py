"""The memory of a running process, read and changed from outside as a failing memory chip would."""
import pathlib


def writable_regions(process: int) -> list[tuple[int, int]]:
    regions = []
    for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
        bounds, rights, *rest = line.split()
        if not rights.startswith("rw") or rest[-1].startswith("[v"):
            continue
        start, end = (int(bound, 16) for bound in bounds.split("-"))
        regions.append((start, end))
    return regions


def flip_bit_of(process: int, pattern: bytes) -> int:
    """Flips the lowest bit of the first byte wherever `pattern` stands. Returns how many places that were."""
    places = 0
    with open(f"/proc/{process}/mem", "r+b", buffering=0) as memory:
        for start, end in writable_regions(process):
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except OSError:  # reserved and never touched
                continue
            at = content.find(pattern)
            while at >= 0:
                memory.seek(start + at)
                memory.write(bytes([pattern[0] ^ 1]))
                places += 1
                at = content.find(pattern, at + 1)
    return places
