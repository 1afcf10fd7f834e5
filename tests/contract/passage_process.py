"""A process that inserts passages until it is killed.

`python -m tests.contract.passage_process ENGINE FOLDER FIRST` inserts ten at a time from number FIRST on and
prints the number behind each ten once the insert has returned.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tests.contract.passage_stores import ENGINES
from tests.passages import passage


def main(engine: str, folder: str, first: int) -> None:
    store = ENGINES[engine](Path(folder))
    for begin in itertools.count(first, 10):
        store.insert([passage(number) for number in range(begin, begin + 10)])
        print(begin + 10, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
