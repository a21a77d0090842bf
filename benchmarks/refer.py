"""How fast refer files are read and written, each stage beside a plain `splitlines` loop and beside bibutils' `end2xml`.

The library is composed in memory: records of 1.3 KB, in line form and flattened to a line each. Figures of one run can be
compared with each other, not with another machine's: hence the ratio to the plain loop. Each stage is timed five times, in
turn with the others, and its best time counts.

    python benchmarks/refer.py [RECORDS]
"""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from time import perf_counter

from enrich.formats import decode, refer
from enrich.formats.refer import split
from enrich.formats.refer.tokens import Oddities, normalized, tokens
from enrich.model import Record

CHUNK = 64 << 10
WORDS = (
    "analysis tumour stroma method of the in cells growth model data clinical breast cancer patients results study and"
).split()
MANY = 200_000


def composed(number: int, chance: random.Random, *, is_flat: bool) -> str:
    """Return one record."""

    def prose(count: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(count)).capitalize()

    tags = [
        ("0", "Journal Article"),
        ("T", prose(9)),
        ("A", "Khamis, Zahraa I."),
        ("A", f"Sahab{number % 997}, Ziad J."),
        ("A", "Qing-Xiang Amy Sang"),
        ("J", "International Journal of Breast Cancer"),
        ("D", str(1990 + number % 30)),
        ("V", str(number % 90)),
        ("N", "3"),
        ("P", f"{number}-{number + 9}"),
        ("I", "Hindawi Publishing Corporation"),
        ("@", "2090-3170"),
        ("R", f"10.1155/2012/{number}"),
        ("X", prose(150) + "."),
        ("U", f"http://www.hindawi.com/journals/ijbc/2012/{number}/"),
    ]
    lines = [f"%{tag} {value}" for tag, value in tags]
    return " ".join(lines) + "\n" if is_flat else "\n".join(lines) + "\n\n"


def plain_loop(data: bytes) -> int:
    """Do the least any reader does: lines into a dict for each record."""
    count, record = 0, {}
    for line in data.decode().splitlines():
        if line.startswith("%"):
            record.setdefault(line[1], []).append(line[3:])
        elif record:
            count, record = count + 1, {}
    return count + bool(record)


def tag_blocks(data: bytes) -> int:
    """Turn bytes to the tags of each record."""
    encoding = decode.detect(data[: decode.HEAD])
    count = 0
    for block in split.blocks(decode.view(in_chunks(data), encoding)):
        tokens(normalized(decode.text(block.data, encoding).text), Oddities())
        count += 1
    return count


def records(data: bytes) -> int:
    """Turn bytes to records."""
    return sum(1 for _ in refer.read(in_chunks(data)))


def writing(given: list[Record]) -> int:
    """Turn records to bytes."""
    return sum(1 for _ in refer.write(given)) - 1


def bibutils(data: bytes) -> int:
    """Run the peer, which reads line form only."""
    subprocess.run(["end2xml"], input=data, capture_output=True, check=True)
    return len(data) // 1300


def in_chunks(data: bytes) -> Iterator[bytes]:
    """Yield a file as it is read from a disk."""
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))


def best(stages: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Return each stage's best time of five rounds, in seconds."""
    times = dict.fromkeys(stages, float("inf"))
    for _ in range(5):
        for name, stage in stages.items():
            started = perf_counter()
            stage()
            times[name] = min(times[name], perf_counter() - started)
    return times


def compare(count: int, *, is_flat: bool) -> None:
    """Print one table."""
    chance = random.Random(1)
    data = "".join(composed(number, chance, is_flat=is_flat) for number in range(count)).encode()
    read = list(refer.read([data]))
    changed = [
        record.model_copy(update={"work": record.work.model_copy(update={"publisher_place": "Cairo"})})
        for record in read
    ]
    stages: dict[str, Callable[[], int]] = {
        "splitlines loop": lambda: plain_loop(data),
        "tag blocks": lambda: tag_blocks(data),
        "records": lambda: records(data),
        "writing, unchanged": lambda: writing(read),
        "writing, changed": lambda: writing(changed),
    }
    if not is_flat and shutil.which("end2xml"):
        stages["bibutils end2xml"] = lambda: bibutils(data)
    times = best(stages)
    # A flattened library is a single tag a line to the plain loop, so its line form stands for it.
    lines = b"".join(composed(number, chance, is_flat=False).encode() for number in range(count))
    loop = times["splitlines loop"] if not is_flat else best({"": lambda: plain_loop(lines)})[""]
    print(f"\n{'flattened' if is_flat else 'line form'}, {count:,} records of {len(data) // count:,} bytes")
    for name, seconds in times.items():
        rate, speed = count / seconds, len(data) / seconds / 1e6
        print(
            f"  {name:20} {rate:10,.0f} records/s {speed:8.1f} MB/s {loop / seconds:6.2f} of the loop in line form"
        )


def peak() -> None:
    """Print the peak memory of reading a long library as a stream; run in a process of its own."""
    chance = random.Random(1)
    sample = [composed(number, chance, is_flat=False).encode() for number in range(1000)]
    stream = (sample[number % 1000] for number in range(MANY))
    count = sum(1 for _ in refer.write(refer.read(stream))) - 1
    print(f"{count:,} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def main() -> None:
    """Print everything."""
    if sys.argv[1:] == ["--peak"]:
        peak()
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    compare(count, is_flat=False)
    compare(count, is_flat=True)
    found = subprocess.run([sys.executable, __file__, "--peak"], capture_output=True, check=True, text=True)
    number, megabytes = found.stdout.split()
    print(f"\nreading and writing {number} records as a stream: peak {megabytes} MB")


if __name__ == "__main__":
    main()
