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


def dhash(picture):
    from PIL import Image

    grey = Image.fromarray(picture).convert("L")
    small = np.asarray(grey.resize((9, 8)))
    return small[:, 1:] > small[:, :-1]


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
    poems = {answer(f"Author {n}/Poems/1.txt") for n in range(100)}
    assert len(poems) > 1, (
        "the folders Poems of 100 authors are all in one split. "
        "Hint: hash the whole name of the folder, Author/Book."
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


def _bits(result):
    hint = "compare two arrays of 8 × 8 grey pixels with >, and return the result"
    bits = np.asarray(result)
    assert bits.dtype == bool, f"it returned {str(result)[:40]!r}. Hint: {hint}."
    assert bits.shape == (8, 8), (
        f"the hash has the shape {bits.shape}, not (8, 8). Hint: convert to "
        '"L" (grey), resize to (width, height), and compare within each of 8 rows.'
    )
    return bits


def check_2(answer):
    """dhash(picture): which pixels are brighter than their left neighbours."""
    columns = np.array([0, 100, 50, 150, 200, 120, 180, 60, 250])
    wanted = np.tile(np.diff(columns) > 0, (8, 1))
    stripes = np.repeat(np.tile(columns, (8, 1)), 20, axis=1).repeat(20, axis=0)
    stripes = np.repeat(stripes[..., None], 3, axis=-1).astype("uint8")
    before = stripes.copy()
    found = _bits(answer(stripes))
    assert np.array_equal(stripes, before), (
        "it changes the picture that it was given. Hint: make new arrays."
    )
    assert not np.array_equal(found, ~wanted), (
        "every bit is the opposite of what it should be. "
        "Hint: True where a pixel is brighter than the one to its left."
    )
    assert not np.all(found == found[0, 0]), (
        "vertical stripes, brighter and darker in turn, give equal bits everywhere. "
        "Hint: shrink the whole picture, and compare each pixel with its left "
        "neighbour by >; differences of bytes never fall below zero."
    )
    assert np.array_equal(found, wanted), (
        f"nine stripes of brightness {', '.join(map(str, columns))} give "
        f"{found[0].astype(int)}, not {wanted[0].astype(int)}, in a row. "
        "Hint: compare each pixel with its left neighbour by >."
    )
    assert np.array_equal(_bits(answer(stripes[::-1, ::-1])), ~wanted[:, ::-1]), (
        "turned by half, the stripes have another hash than they should. "
        "Hint: use the picture that was given, and nothing else."
    )
    flat = np.full((28, 28, 3), 200, "uint8")
    assert not _bits(answer(flat)).any(), (
        "a picture of one colour has bits that are True. "
        "Hint: an equal neighbour does not count: use >, not >=."
    )
    # Each row brighter from left to right in green, and darker in blue and red.
    rise = np.repeat(np.arange(0, 252, 28), 20)
    colours = np.stack([255 - rise, rise, 255 - rise], axis=-1)
    colours = np.tile(colours, (160, 1, 1)).astype("uint8")
    assert _bits(answer(colours)).all(), (
        "a picture that gets greener to the right gets no brighter. "
        'Hint: convert("L") weighs the colours as the eye does.'
    )
    half = colours.copy()
    half[:80] = half[:80, ::-1]
    assert np.array_equal(_bits(answer(half)).any(axis=1), [False] * 4 + [True] * 4), (
        "the upper half darker to the right, the lower half brighter, do not give four "
        "rows of False above four of True. Hint: keep the rows in their order."
    )


WRONG = {  # replacements in a solution, or another body for it
    "split_of__hashes_the_file": [("(folder or file)", "file")],
    "split_of__takes_the_outer_folder": [
        ('file.rpartition("/")[0]', 'file.partition("/")[0]'),
    ],
    "split_of__takes_the_inner_folder": [
        ('file.rpartition("/")[0]', '"/".join(file.split("/")[-2:-1])'),
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
    "dhash__compares_with_the_right": [(" > ", " < ")],
    "dhash__counts_equal_ones": [(" > ", " >= ")],
    "dhash__swaps_width_and_height": [("(9, 8)", "(8, 9)")],
    "dhash__eight_by_eight": [("(9, 8)", "(8, 8)")],
    "dhash__keeps_the_colours": [('.convert("L")', "")],
    "dhash__takes_one_colour": [
        ('Image.fromarray(picture).convert("L")', "Image.fromarray(picture[..., 0])")
    ],
    "dhash__compares_with_the_mean": [
        ("small[:, 1:] > small[:, :-1]", "small[:, 1:] > small.mean()")
    ],
    "dhash__subtracts_bytes": [
        ("small[:, 1:] > small[:, :-1]", "small[:, 1:] - small[:, :-1] > 0")
    ],
    "dhash__compares_rows": [
        ("(9, 8)", "(8, 9)"),
        ("small[:, 1:] > small[:, :-1]", "small[1:] > small[:-1]"),
    ],
    "dhash__returns_differences": [
        ("small[:, 1:] > small[:, :-1]", "np.diff(small.astype(int))")
    ],
    "dhash__returns_a_list": [
        ("return small[:, 1:] > small[:, :-1]", "return [int(small[0, 0] > 9)] * 64")
    ],
    "dhash__cuts_out_a_corner": [("grey.resize((9, 8))", "grey.crop((0, 0, 9, 8))")],
    "dhash__turns_it_upside_down": [
        ("small[:, 1:] > small[:, :-1]", "(small[:, 1:] > small[:, :-1])[::-1]")
    ],
}


def split_of__counts(file, seen=[]):  # noqa: B006
    seen.append(file)
    return ["test", "validation", *8 * ["train"]][len(seen) % 10]
