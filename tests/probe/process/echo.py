"""A child that writes each line that it reads as JSON; some words make it behave badly."""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    for line in sys.stdin:
        word = line.strip()
        print(json.dumps({"word": word}), flush=True)
        if word == "stay":
            time.sleep(60)
        if word == "break off":
            sys.stdout.write('{"wo')
            sys.stdout.flush()
            os._exit(7)
    print(json.dumps({"word": "the end"}), flush=True)


if __name__ == "__main__":
    main()
