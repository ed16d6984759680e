"""Exercises of lesson 15: solutions, then checkers, then wrong answers."""

import copy

import numpy as np


def shorten(messages, limit, count):
    """Messages, tokens allowed, a function messages -> tokens: the messages to send."""
    system = [message for message in messages[:1] if message["role"] == "system"]
    rest = messages[len(system) :]
    while len(rest) > 1 and count(system + rest) > limit:
        rest = rest[2:]
    return system + rest


def shown(text, stop):
    """An unfinished answer, a text that ends it -> the part that may be shown."""
    if stop in text:
        return text[: text.index(stop)]
    for length in range(len(stop) - 1, 0, -1):
        if text.endswith(stop[:length]):
            return text[:-length]
    return text


def best_label(labels, log_p):
    """Labels, lists of token ids; log_p(ids) -> (V,) -> index of the likeliest."""
    totals = []
    for label in labels:
        totals.append(sum(log_p(label[:n])[token] for n, token in enumerate(label)))
    return int(np.argmax(totals))


def check_1(answer):
    """Shorten a conversation to the context."""

    def count(messages):  # 2 for the template's end, as often as it is called
        return 2 + sum(1 + len(message["content"].split()) for message in messages)

    roles = ["user", "assistant", "user", "assistant", "user"]
    chat = [{"role": r, "content": f"{r} says {n}"} for n, r in enumerate(roles)]
    system = [{"role": "system", "content": "Be brief."}]

    def kept(messages, limit):
        given = copy.deepcopy(messages)
        result = answer(given, limit, count)
        assert given == messages, (
            "the list that your function was given has changed. Hint: take slices, "
            "such as rest[2:], which make new lists; `del` and `.pop` change the old."
        )
        fits = isinstance(result, list) and all(m in messages for m in result)
        assert fits, (
            "the result is not a list of some of the messages. Hint: return a list, "
            "such as messages[:1] + messages[3:]."
        )
        return [messages.index(m) for m in result]

    found = kept(system + chat, 18)
    assert 0 in found, (
        "the system message is gone. Hint: set it aside, and put it in front again."
    )
    assert 5 in found, (
        "the last message, the question, is gone. Hint: drop the oldest, not the "
        "newest."
    )
    assert found not in ([0, 2, 3, 4, 5], [0, 4, 5]), (
        "after the system message comes an answer whose question is gone. Hint: drop "
        "a question together with its answer."
    )
    assert found != [0, 5], (
        "with 18 tokens allowed, a pair too many is dropped. Hint: count the whole "
        "list at once, count(system + rest): the template adds tokens to each call."
    )
    assert found == [0, 3, 4, 5], (
        f"with 18 tokens allowed, messages number {found} are kept, not [0, 3, 4, 5]. "
        "Hint: drop pairs, the oldest first, only while count(system + rest) > limit."
    )
    assert kept(system + chat, 25) == [0, 1, 2, 3, 4, 5], (
        "a conversation that fits exactly is shortened. Hint: drop while "
        "count(...) > limit."
    )
    found = kept(system + chat, 1)
    assert found == [0, 5], (
        f"with 1 token allowed, messages number {found} are kept, not [0, 5]. Hint: "
        "go on dropping pairs until one message is left beside the system's."
    )
    found = kept(system + chat, 16)
    assert found != [0, 4, 5], (
        "with 16 tokens allowed, an answer is left whose question is gone. Hint: drop "
        "a question together with its answer: rest[2:]."
    )
    assert found == [0, 5], (
        "of 17 tokens, 16 are allowed, and not just [0, 5] is kept. Hint: the system "
        "message counts, too."
    )
    assert kept(chat, 14) == [2, 3, 4], (
        "without a system message, the first message is treated as one. Hint: look at "
        'messages[0]["role"].'
    )
    assert kept(chat[:1], 1) == [0], (
        "a single question without a system message is not kept. Hint: the last "
        "message always stays."
    )


def check_2(answer):
    """What may be shown while a stop text may be coming."""
    stop = "\nuser:"

    def part(text, stop=stop):
        result = answer(text, stop)
        assert isinstance(result, str), (
            f"the result is a {type(result).__name__}, not a text. Hint: return a part "
            "of the text, such as text[:3]."
        )
        return result

    assert part("Tea is hot.") == "Tea is hot.", (
        "of 'Tea is hot.' not all is shown, though no end of it begins the stop text. "
        "Hint: hold back only what may become the stop text; text[:-0] is empty."
    )
    result = part("Hot.\nuser: and")
    assert result != "Hot.\nuser:", (
        "the stop text itself is shown. Hint: cut before it: text[: text.index(stop)]."
    )
    assert result == "Hot.", (
        f"of 'Hot.\\nuser: and', {result!r} is shown, not 'Hot.'. Hint: if the stop "
        "text is there, cut before it."
    )
    assert part("a\nuser: b\nuser: c") == "a", (
        "where the stop text comes twice, the answer does not end at the first. Hint: "
        "text.index, not text.rindex."
    )
    for held in ("\n", "\nus", "\nuser"):
        assert part("Hot." + held) == "Hot.", (
            f"of {'Hot.' + held!r}, not just 'Hot.' is shown. Hint: the end {held!r} "
            "may become the stop text: hold it back, whatever its length."
        )
    assert part("one\ntwo\nuse") == "one\ntwo", (
        "of 'one\\ntwo\\nuse' not 'one\\ntwo' is shown. Hint: only the end of the text "
        "can become the stop text; earlier characters are safe."
    )
    assert part("sure") == "sure", (
        "'sure' is cut, though it only has letters of the stop text. Hint: compare "
        "with beginnings of it: stop[:n]; no strip."
    )
    assert part("xaa", "aab") == "x", (
        "with the stop text 'aab', of 'xaa' not just 'x' is shown. Hint: try the "
        "longest beginnings of the stop text first."
    )
    assert part("aa", "aab") == "", (
        "with the stop text 'aab', of 'aa' something is shown. Hint: all of the text "
        "may be its beginning."
    )
    assert part("xaaa", "aab") == "xa", (
        "with the stop text 'aab', of 'xaaa' not 'xa' is shown. Hint: hold back one "
        "beginning of the stop text, the longest, and stop there."
    )
    assert part("xaaab", "aab") == "xa", (
        "with the stop text 'aab', of 'xaaab' not 'xa' is shown. Hint: once the stop "
        "text is there, nothing before it is held back."
    )
    assert part("a\nb", "\n\n") == "a\nb", (
        "with the stop text '\\n\\n', 'a\\nb' is cut at one line break. Hint: only the "
        "whole stop text ends an answer; its beginning is held back at the end alone."
    )


def check_3(answer):
    """The likeliest of some labels of several tokens."""
    asked = []

    def taken(labels, *tables):
        """The answer to labels; tables: {tokens so far: probabilities of the next}"""
        table = {key: row for part in tables for key, row in part.items()}

        def log_p(ids):
            asked.append(tuple(int(token) for token in ids))
            row = table.get(asked[-1], [0.25] * 4)
            return np.log(np.maximum(row, 1e-9))

        result = answer([list(label) for label in labels], log_p)
        assert isinstance(result, int | np.integer) and not isinstance(result, bool), (
            f"the result is a {type(result).__name__}, not an index. Hint: return "
            "int(np.argmax(...)) over the labels."
        )
        return result

    first = {(): [0.7, 0.3, 0, 0]}
    after = {(0,): [0.3, 0.2, 0.25, 0.25], (1,): [0.15, 0.15, 0.55, 0.15]}
    result = taken([[0, 1], [1, 2]], first, after)
    assert () in asked, (
        "log_p was never asked for the first token. Hint: it comes after no token of "
        "the label: log_p([])."
    )
    assert result == 1, (
        "[0, 1] is taken with 0.7 · 0.2, not [1, 2] with 0.3 · 0.55. Hint: add up the "
        "log probabilities of all tokens: log_p(label[:n])[label[n]]."
    )
    after = {(0,): [0.2, 0.5, 0.1, 0.2], (1,): [0, 0, 0.9, 0.1]}
    assert taken([[0, 1], [1, 2]], first, after) == 0, (
        "[1, 2] is taken with 0.3 · 0.9, not [0, 1] with 0.7 · 0.5. Hint: the first "
        "token counts as much as the last: add up the log probabilities of both."
    )
    first, after = {(): [0.1, 0.3, 0.5, 0.1]}, {(1,): [0, 0, 0.95, 0.05]}
    assert taken([[2], [1, 2]], first, after) == 0, (
        "[1, 2], of probability 0.3 · 0.95, is taken, not [2] with 0.5. Hint: take the "
        "sum of a label's log probabilities; do not divide it by the length."
    )
    first, after = {(): [0.5, 0.5, 0, 0]}, {(0,): [0, 0, 1, 0], (1,): [0, 0, 1, 0]}
    third = {(0, 2): [0.2, 0.8, 0, 0], (1, 2): [0.6, 0.4, 0, 0]}
    third |= {(2,): [0.9, 0.1, 0, 0]}  # what comes after the last token alone
    assert taken([[1, 2, 0], [0, 2, 1]], first, after, third) == 1, (
        "of two labels of three tokens the wrong one is taken. Hint: each token's "
        "probability depends on all tokens of the label before it: log_p(label[:n])."
    )
    rng = np.random.default_rng(0)
    labels = [[0, 1], [1], [2, 3, 1], [3, 0], [2, 0, 0], [0, 1, 2]]
    for _ in range(20):
        table = {
            tuple(label[:n]): rng.dirichlet(np.ones(4))
            for label in labels
            for n in range(len(label))
        }
        totals = [
            sum(np.log(table[tuple(label[:n])][token]) for n, token in enumerate(label))
            for label in labels
        ]
        assert taken(labels, table) == np.argmax(totals), (
            "for a random model and six labels, the wrong one is taken. Hint: sum "
            "log_p(label[:n])[label[n]] over n for each label, then the largest sum."
        )


WRONG = {  # replacements in a solution, or another body for it
    "shorten__forgets_the_system": [("return system + rest", "return rest")],
    "shorten__one_at_a_time": [("rest[2:]", "rest[1:]")],
    "shorten__drops_the_newest": [("rest[2:]", "rest[:-2]")],
    "shorten__even_if_it_fits": [("> limit", ">= limit")],
    "shorten__system_not_counted": [("count(system + rest)", "count(rest)")],
    "shorten__first_is_always_the_system": [
        (
            '[message for message in messages[:1] if message["role"] == "system"]',
            "messages[:1]",
        )
    ],
    "shorten__changes_its_input": (
        "while len(messages) > 2 and count(messages) > limit:\n"
        "        del messages[1:3]\n"
        "    return messages"
    ),
    "shorten__counts_each_message": [
        ("count(system + rest)", "sum(count([m]) for m in system + rest)")
    ],
    "shorten__drops_even_the_question": [("len(rest) > 1", "rest")],
    "shorten__pairs_once": [("while len(rest) > 1 and", "if")],
    "shown__no_hold_back": "return text.split(stop)[0]",
    "shown__holds_back_again": """while any(
        text.endswith(stop[:n]) for n in range(1, len(stop))
    ) and stop not in text:
        text = text[:-1]
    return text.split(stop)[0]""",
    "shown__with_the_stop": [("text.index(stop)]", "text.index(stop) + len(stop)]")],
    "shown__holds_always": [
        ("range(len(stop) - 1, 0, -1)", "[len(stop) - 1]"),
        ("text.endswith(stop[:length])", "True"),
    ],
    "shown__shortest_first": [("range(len(stop) - 1, 0, -1)", "range(1, len(stop))")],
    "shown__the_last_stop": [("text.index", "text.rindex")],
    "shown__strips": [
        ("text[: text.index(stop)]", "text.split(stop)[0]"),
        (
            "for length in range(len(stop) - 1, 0, -1):\n"
            "        if text.endswith(stop[:length]):\n"
            "            return text[:-length]\n"
            "    return text",
            "return text.rstrip(stop)",
        ),
    ],
    "shown__empty_slice": [
        ("range(len(stop) - 1, 0, -1)", "range(len(stop) - 1, -1, -1)")
    ],
    "shown__first_character_anywhere": (
        "return text.split(stop)[0].split(stop[0])[0] or text"
    ),
    "best_label__first_token": [
        (
            "sum(log_p(label[:n])[token] for n, token in enumerate(label))",
            "log_p([])[label[0]]",
        )
    ],
    "best_label__mean": [("enumerate(label)))", "enumerate(label)) / len(label))")],
    "best_label__sum_of_probabilities": [
        ("log_p(label[:n])[token]", "np.exp(log_p(label[:n])[token])")
    ],
    "best_label__last_token": [
        (
            "sum(log_p(label[:n])[token] for n, token in enumerate(label))",
            "log_p(label[:-1])[label[-1]]",
        )
    ],
    "best_label__after_the_last_token_alone": [
        ("log_p(label[:n])", "log_p(label[:n][-1:])")
    ],
    "best_label__reads_the_token_itself": [("label[:n]", "label[: n + 1]")],
    "best_label__always_after_nothing": [("log_p(label[:n])", "log_p([])")],
    "best_label__the_label": [
        ("int(np.argmax(totals))", "labels[int(np.argmax(totals))]")
    ],
    "best_label__least": [("np.argmax", "np.argmin")],
}
