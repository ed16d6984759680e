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


def near_duplicates(texts, threshold=0.5):
    shingles, pairs = {}, set()
    for name in sorted(texts):
        words = texts[name].lower().split()
        own = {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
        for other, known in shingles.items():
            if own and known and len(own & known) / len(own | known) > threshold:
                pairs.add((other, name))
        shingles[name] = own
    return pairs


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
    """near_duplicates(texts, threshold): pairs of texts that share shingles."""
    rng = np.random.default_rng(0)
    words = [f"{a}{b}" for a in ("ka", "lo", "mi", "re", "su") for b in "bdgnrtz"]

    def text(length=60):
        return " ".join(rng.choice(words, length))

    def pairs(texts, **options):
        found = answer(texts, **options)
        good = isinstance(found, set) and all(isinstance(pair, tuple) for pair in found)
        assert good, (
            f"it returned {str(found)[:40]!r}. "
            "Hint: return a set of tuples such as {('a', 'b')}."
        )
        return found

    one, other = text(), text()
    draft = one.replace(one.split()[30], "new")
    assert pairs({"one": one, "other": other}) == set(), (
        "two texts of the same words in another order are a pair. "
        "Hint: compare runs of five words in a row, not single words."
    )
    found = pairs({"b": one, "a": draft, "c": other})
    assert found != {("b", "a")}, (
        "the pair is ('b', 'a'). Hint: the earlier name by the alphabet comes first: "
        "go through sorted(texts)."
    )
    assert found == {("a", "b")}, (
        f"of a text, its draft and another text it found {str(sorted(found))[:40]}. "
        "Hint: divide the shingles in both by those in at least one, and compare "
        "each pair of different names once."
    )
    shouted = "  ".join(one.upper().split())
    assert pairs({"a": one, "b": shouted}) == {("a", "b")}, (
        "a text in capitals with wider spaces is no pair. Hint: text.lower().split()."
    )
    whole, half = " ".join(map(str, range(104))), " ".join(map(str, range(54)))
    assert pairs({"half": half, "whole": whole}) == set(), (
        "half of a text and the whole (a similarity of exactly 0.5) are a pair. Hint: "
        "divide by the size of the union, and ask for more than the threshold."
    )
    assert pairs({"half": half, "whole": whole}, threshold=0.4), (
        "with threshold=0.4, half of a text and the whole are no pair. "
        "Hint: use the argument threshold."
    )
    refrain = "la la la la la la " * 30
    assert not pairs({"a": refrain + one, "b": refrain + other}), (
        "two different texts with the same long refrain are a pair. "
        "Hint: count different shingles: make a set of them."
    )
    assert pairs({"a": "one two", "b": "one two", "c": ""}) == set(), (
        "texts of fewer than five words are a pair. "
        "Hint: without shingles there is nothing to compare."
    )
    assert pairs({n: "one two three four five" for n in "abc"}) == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    }, (
        "of three equal texts of five words it does not find all three pairs. "
        "Hint: compare each text with all others; five words make one shingle."
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
    "near_duplicates__compares_single_words": [
        ("tuple(words[i : i + 5])", "words[i]"),
        ("len(words) - 4", "len(words)"),
    ],
    "near_duplicates__keeps_the_order": [("sorted(texts)", "texts")],
    "near_duplicates__keeps_the_case": [(".lower()", "")],
    "near_duplicates__splits_at_each_blank": [(".split()", ".split(' ')")],
    "near_duplicates__divides_by_the_smaller": [
        ("len(own | known)", "min(len(own), len(known))")
    ],
    "near_duplicates__divides_by_the_sum": [
        ("len(own | known)", "(len(own) + len(known))")
    ],
    "near_duplicates__includes_the_threshold": [("> threshold", ">= threshold")],
    "near_duplicates__ignores_the_threshold": [("> threshold", "> 0.5")],
    "near_duplicates__divides_by_zero": [("own and known and ", "")],
    "near_duplicates__takes_short_texts": [
        ("range(len(words) - 4)", "range(max(len(words) - 4, 1))")
    ],
    "near_duplicates__forgets_the_last_shingle": [("len(words) - 4", "len(words) - 5")],
    "near_duplicates__takes_runs_of_characters": [
        ("texts[name].lower().split()", "''.join(texts[name].lower().split())")
    ],
    "near_duplicates__returns_a_list": [("return pairs", "return sorted(pairs)")],
    "near_duplicates__has_both_orders": [
        ("pairs.add((other, name))", "pairs.update([(other, name), (name, other)])")
    ],
    "near_duplicates__wants_equal_texts": "return {(a, b) for a in texts for b in "
    "texts if a < b and texts[a].split() == texts[b].split()}",
}


def split_of__counts(file, seen=[]):  # noqa: B006
    seen.append(file)
    return ["test", "validation", *8 * ["train"]][len(seen) % 10]
