"""What tests/shares/shares.c says where all is well, on either target."""

EXPECTED = ["ok told", "ok three_to_one", "ok one_to_one", "ok wakes_at_once", "ok switch",
            "ok falls_back", "ok told_again", "ok decides_again", "done"]
PREFIX = "[test] "


def said(lines):
    return [line[len(PREFIX):] for line in lines if line.startswith(PREFIX)]
