from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ops.words import as_words


@given(st.text(alphabet="ab_|\\<@*`\r\n #~[]"))
def test_words_stay_in_one_cell_of_a_table_and_hold_no_tag_and_no_mention(text: str) -> None:
    words = as_words(text).replace("&#64;", "")

    cells = re.sub(r"\\.", "", words)
    assert not set("|*`#~[]\\\r\n") & set(cells)
    assert "@" not in words
    assert "<" not in words.replace("<br>", "")


def test_a_name_with_underscores_stays_as_it_is() -> None:
    assert as_words("kept_alive_closed") == "kept_alive_closed"
