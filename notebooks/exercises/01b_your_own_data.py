"""Exercises of lesson 01b: solutions, then checkers, then wrong answers."""

import builtins
import contextlib

import numpy as np


def split_of(file):
    import hashlib

    folder = file.rpartition("/")[0]
    digest = hashlib.sha256((folder or file).encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return "test" if share < 0.1 else "validation" if share < 0.2 else "train"


def decode_any(data):
    zeros = [data[start::2].count(0) / max(len(data) / 2, 1) for start in (0, 1)]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), "utf-16"
    if max(zeros) > 0.1:
        encoding = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        return data.decode(encoding), encoding
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252"), "cp1252"


@contextlib.contextmanager
def _restarted(seed):
    """Meanwhile the built-in hash differs, as it does after Python was restarted."""
    real, rng = builtins.hash, np.random.default_rng(seed)
    salt = rng.integers(2**40).item()
    builtins.hash = lambda value: real((salt, value))
    try:
        yield
    finally:
        builtins.hash = real


def check_1(answer):
    """split_of(file): a split that depends on the file's folder alone."""
    books = [f"Author {n % 70}/Book {n}" for n in range(3000)]
    splits = [answer(f"{book}/chapter 1.txt") for book in books]
    other = [split for split in splits if split not in ("train", "validation", "test")]
    assert not other, (
        f"it returned {str(other[0])[:40]!r}. "
        'Hint: return "train", "validation" or "test".'
    )
    again = [answer(f"{book}/chapter 1.txt") for book in books[::-1]][::-1]
    assert again == splits, (
        "the same file came to two different splits. Hint: draw and count nothing; "
        "compute a number from the hash of the folder's name."
    )
    apart = [b for b in books[:300] if len({answer(f"{b}/{n}.txt") for n in "abc"}) > 1]
    assert not apart, (
        f"the chapters of {apart[0]} are in several splits. "
        "Hint: hash the name of the folder, without that of the file."
    )
    with _restarted(1):
        assert [answer(f"{book}/chapter 1.txt") for book in books] == splits, (
            "after Python was restarted, files are in other splits. "
            "Hint: the built-in hash() changes with every start, hashlib does not."
        )
    author = {
        split for book, split in zip(books, splits, strict=True) if "r 1/" in book
    }
    assert len(author) > 1, (
        "all 43 books of an author are in one split. "
        "Hint: hash the whole name of the folder, Author/Book."
    )
    for split in ("test", "validation"):
        share = splits.count(split) / len(splits)
        assert 0.07 < share < 0.13, (
            f"{share:.0%} of 3,000 books are in {split} instead of about 10 %. Hint: "
            "make a number from 0 to 1 of the hash of the whole folder; below 0.1 is "
            "one of them."
        )
    loose = [answer(f"letter {number}.txt") for number in range(300)]
    assert 10 < loose.count("test") < 60, (
        "loose files all go to one split. "
        "Hint: without a folder, hash the name of the file."
    )
    assert answer("déjà vu/吾輩.txt") in ("train", "validation", "test"), (
        "a name beyond ASCII has no split. Hint: name.encode() makes bytes of any name."
    )


def check_2(answer):
    """decode_any(data): text and encoding, also of UTF-16 without a mark."""
    text = "“Déjà vu”, she said.\nThen it rained – for 3 days…\n" * 9
    cases = [
        ("UTF-8", text.encode(), "utf-8"),
        ("UTF-8 with a mark", text.encode("utf-8-sig"), "utf-8"),
        ("Windows-1252", text.encode("cp1252"), "cp1252"),
        ("UTF-16 with a mark", b"\xff\xfe" + text.encode("utf-16-le"), "utf-16"),
        (
            "UTF-16 with the other mark",
            b"\xfe\xff" + text.encode("utf-16-be"),
            "utf-16",
        ),
        ("utf-16-le without a mark", text.encode("utf-16-le"), "utf-16-le"),
        ("utf-16-be without a mark", text.encode("utf-16-be"), "utf-16-be"),
    ]
    for name, data, encoding in cases:
        found = answer(data)
        assert isinstance(found, tuple) and len(found) == 2, (
            f"it returned {type(found).__name__}. Hint: return a tuple: text, encoding."
        )
        assert found[0] == text, (
            f"of a file in {name} it made {str(found[0])[:24]!r}. Hint: look for a "
            "mark first, then count zeros at even and at odd places, then try UTF-8."
        )
        assert found[1] == encoding, (
            f"for {name} it named {str(found[1])[:24]!r}. Hint: return {encoding!r}."
        )
    for data in (b"", b"Hi", "Hi".encode("utf-16-le")):
        found = answer(data)
        assert tuple(found)[0] == ("Hi" if data else ""), (
            f"of {data!r} it made {str(found)[:40]!r}. "
            "Hint: compare shares of zeros, and let an empty file be an empty text."
        )
    russian = "Все счастливые семьи похожи друг на друга. " * 9
    greek = "Ἄνδρα μοι ἔννεπε, Μοῦσα, πολύτροπον, ὃς μάλα πολλὰ πλάγχθη. " * 9
    for other in (russian, greek):
        found = answer(other.encode("utf-16-le"))
        assert found[0] == other, (
            f"a text in UTF-16 came out as {str(found[0])[:12]!r}. Hint: in other "
            "alphabets fewer of the second bytes are 0: a tenth of them is enough."
        )


WRONG = {  # replacements in a solution, or another body for it
    "split_of__hashes_the_file": [("(folder or file)", "file")],
    "split_of__takes_the_outer_folder": [
        ('file.rpartition("/")[0]', 'file.partition("/")[0]'),
    ],
    "split_of__forgets_loose_files": [("(folder or file)", "folder")],
    "split_of__uses_the_built_in_hash": "return ['test', 'validation', *8 * ['train']]"
    "[hash(file.rpartition('/')[0] or file) % 10]",
    "split_of__draws": [
        ('int.from_bytes(digest[:8], "big") / 2**64', "__import__('random').random()")
    ],
    "split_of__cuts_in_thirds": [("< 0.1", "< 1 / 3"), ("< 0.2", "< 2 / 3")],
    "split_of__forgets_validation": [('"validation" if share < 0.2 else ', "")],
    "split_of__knows_ascii_only": [("encode()", "encode('ascii')")],
    "split_of__returns_a_number": [
        ('"test" if share < 0.1 else "validation" if share < 0.2 else "train"', "share")
    ],
    "decode_any__as_in_the_lesson": [("max(zeros) > 0.1", "False")],
    "decode_any__little_endian_only": [
        ('"utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"', '"utf-16-le"')
    ],
    "decode_any__mixes_the_orders": [("zeros[0] > zeros[1]", "zeros[1] > zeros[0]")],
    "decode_any__keeps_the_mark": [("utf-8-sig", "utf-8")],
    "decode_any__divides_by_zero": [("max(len(data) / 2, 1)", "(len(data) / 2)")],
    "decode_any__drops_zeros": [
        ("return data.decode(encoding), encoding", "data = data.replace(b'\\0', b'')")
    ],
    "decode_any__wants_nearly_all": [("> 0.1", "> 0.9")],
    "decode_any__counts_a_tenth_of_all": [("len(data) / 2", "len(data)")],
    "decode_any__text_alone": "return data.decode('utf-8-sig')",
    "decode_any__names_utf_16": [
        (
            "return data.decode(encoding), encoding",
            'return data.decode(encoding), "utf-16"',
        )
    ],
}


def split_of__counts(file, seen=[]):  # noqa: B006
    seen.append(file)
    return ["test", "validation", *8 * ["train"]][len(seen) % 10]
