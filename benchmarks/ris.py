"""How fast RIS files are read and written, beside a plain `splitlines` loop, refer, and rispy where that is installed.

The library is composed in memory: records of 1.3 KB as EndNote writes them. Figures of one run can be compared with each
other, not with another machine's. Each stage is timed five times, in turn with the others, by the processor's time, and its
best time counts. What rispy makes of hard cases is counted besides.

    python benchmarks/ris.py [RECORDS]
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from time import process_time

from enrich.formats import refer, ris
from enrich.formats.ris.split import SYNTAX
from enrich.formats.ris.tokens import tokens
from enrich.formats.tagged import blocks, normalized
from enrich.model import Record

CHUNK = 64 << 10
WORDS = (
    "analysis tumour stroma method of the in cells growth model data clinical breast cancer patients results study and"
).split()
MANY = 200_000
HARD = {
    "an address with a semicolon": ("TY  - JOUR\nUR  - http://x.org/a;b?c\nER  - \n", "http://x.org/a;b?c"),
    "a second DO": ("TY  - JOUR\nDO  - 10.1000/1\nDO  - 10.1000/2\nER  - \n", "10.1000/2"),
    "no ER at the end": ("TY  - JOUR\nTI  - A\nER  - \nTY  - JOUR\nTI  - Last\n", "Last"),
    "a byte order mark": ("\ufeffTY  - JOUR\nTI  - Marked\nER  - \n", "Marked"),
    "one blank": ("TY - JOUR\nTI - Narrow\nER - \n", "Narrow"),
    "TY not first": ("AU  - Early, A.\nTY  - JOUR\nER  - \n", "Early"),
    "ER missing between two": ("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\nER  - \n", "Two"),
    "a second abstract": ("TY  - JOUR\nAB  - One\nAB  - Two\nER  - \n", "Two"),
}


def composed(number: int, chance: random.Random) -> str:
    """Return one record."""

    def prose(count: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(count)).capitalize()

    tags = [
        ("TY", "JOUR"),
        ("AU", "Khamis, Zahraa I."),
        ("AU", f"Sahab{number % 997}, Ziad J."),
        ("AU", "Sang, Qing-Xiang Amy"),
        ("TI", prose(9)),
        ("T2", "International Journal of Breast Cancer"),
        ("PY", str(1990 + number % 30)),
        ("DA", f"{1990 + number % 30}/03/14/"),
        ("VL", str(number % 90)),
        ("IS", "3"),
        ("SP", str(number)),
        ("EP", str(number + 9)),
        ("PB", "Hindawi Publishing Corporation"),
        ("SN", "2090-3170"),
        ("DO", f"10.1155/2012/{number}"),
        ("UR", f"http://www.hindawi.com/journals/ijbc/2012/{number}/"),
        ("KW", "breast cancer"),
        ("AB", prose(130) + "."),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in tags) + "\n"


def plain_loop(data: bytes) -> int:
    """Do the least any reader does: lines into a dict for each record."""
    count, record = 0, {}
    for line in data.decode().splitlines():
        if line[2:6] == "  - ":
            record.setdefault(line[:2], []).append(line[6:])
        elif record:
            count, record = count + 1, {}
    return count + bool(record)


def tag_blocks(data: bytes) -> int:
    """Turn bytes to the tags of each record."""
    found = blocks(in_chunks(data), SYNTAX)
    return sum(1 for block in found if tokens(normalized(block.data.decode())))


def in_chunks(data: bytes) -> Iterator[bytes]:
    """Yield a file as it is read from a disk."""
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))


def writing(given: list[Record]) -> int:
    """Turn records to bytes."""
    return sum(1 for _ in ris.write(given)) - 1


def best(stages: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Return each stage's best time of five rounds, in seconds."""
    times = dict.fromkeys(stages, float("inf"))
    for _ in range(5):
        for name, stage in stages.items():
            started = process_time()
            stage()
            times[name] = min(times[name], process_time() - started)
    return times


def compare(count: int) -> None:
    """Print the table of speeds."""
    chance = random.Random(1)
    data = "".join(composed(number, chance) for number in range(count)).encode()
    read = list(ris.read([data]))
    others = b"".join(refer.write(record.model_copy(update={"source": None}) for record in read))
    changed = [
        record.model_copy(update={"work": record.work.model_copy(update={"publisher_place": "Cairo"})})
        for record in read
    ]
    stages: dict[str, Callable[[], int]] = {
        "splitlines loop": lambda: plain_loop(data),
        "tag blocks": lambda: tag_blocks(data),
        "records": lambda: sum(1 for _ in ris.read(in_chunks(data))),
        "refer, the same records": lambda: sum(1 for _ in refer.read(in_chunks(others))),
        "writing, unchanged": lambda: writing(read),
        "writing, changed": lambda: writing(changed),
    }
    if find_spec("rispy"):
        import rispy

        stages["rispy, to dicts"] = lambda: len(rispy.loads(data.decode()))
    print(f"{count:,} records of {len(data) // count:,} bytes")
    times = best(stages)
    for name, seconds in times.items():
        print(
            f"  {name:24} {count / seconds:10,.0f} records/s {times['splitlines loop'] / seconds:6.2f} of the loop"
        )


def lost() -> None:
    """Print what each reader does not give back of the hard cases."""
    peers: dict[str, Callable[[str], str]] = {
        "enrich": lambda text: repr([(record.work, record.extra) for record in ris.read([text.encode()])])
    }
    if find_spec("rispy"):
        import rispy

        peers["rispy"] = lambda text: repr(rispy.loads(text))
    for name, peer in peers.items():
        missing = [case for case, (text, wanted) in HARD.items() if wanted not in peer(text)]
        print(f"{name} loses {len(missing)} of {len(HARD)}: {', '.join(missing) or 'nothing'}")


def peak() -> None:
    """Print the peak memory of reading a long library as a stream; run in a process of its own."""
    chance = random.Random(1)
    sample = [composed(number, chance).encode() for number in range(1000)]
    count = sum(1 for _ in ris.write(ris.read(sample[number % 1000] for number in range(MANY)))) - 1
    print(f"{count:,} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def main() -> None:
    """Print everything."""
    if sys.argv[1:] == ["--peak"]:
        peak()
        return
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
    lost()
    found = subprocess.run([sys.executable, __file__, "--peak"], capture_output=True, check=True, text=True)
    number, megabytes = found.stdout.split()
    print(f"reading and writing {number} records as a stream: peak {megabytes} MB")


if __name__ == "__main__":
    main()
