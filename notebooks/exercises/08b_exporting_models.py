"""Exercises of lesson 08b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np
from safetensors.numpy import save


def torch_kernel(kernel):
    if kernel.ndim == 2:
        return kernel.T
    return kernel.transpose(3, 2, 0, 1)


def read_shapes(data):
    import json

    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return {key: header[key]["shape"] for key in header if key != "__metadata__"}


def check_1(answer):
    """The layouts of kernels."""
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(3, 5))
    result = np.asarray(answer(dense.copy()))
    assert result.shape == (5, 3), (
        f"a Dense kernel with 3 inputs and 5 outputs gets the shape {result.shape}, "
        "not (5, 3). Hint: PyTorch's Linear keeps (outputs, inputs)."
    )
    assert close(result, dense.T, 0), (
        "the shape of a Dense kernel is right, but its numbers are in other places. "
        "Hint: reshape only counts them off anew; .T swaps rows and columns."
    )
    conv = rng.normal(size=(2, 3, 4, 5))
    result = np.asarray(answer(conv.copy()))
    assert result.shape != (5, 4, 3, 2), (
        "of a Conv2D kernel, height and width are swapped: "
        f"{conv.shape} becomes {result.shape}. Hint: .T reverses all four axes; "
        "transpose takes their new order."
    )
    assert result.shape == (5, 4, 2, 3), (
        f"a Conv2D kernel {conv.shape} gets the shape {result.shape}, not "
        "(5, 4, 2, 3). Hint: transpose(...) takes, for each new axis, the number of "
        "the old one."
    )
    assert close(result, conv.transpose(3, 2, 0, 1), 0), (
        "the shape of a Conv2D kernel is right, but its numbers are in other places. "
        "Hint: reshape only counts them off anew; use transpose."
    )
    square = rng.normal(size=(4, 4, 4, 4))
    assert close(answer(square.copy()), square.transpose(3, 2, 0, 1), 0), (
        "a kernel with four equal sizes is not right. "
        "Hint: use the order of the axes, not their sizes."
    )


def check_2(answer):
    """The header of a safetensors file."""
    arrays = {"kernel": np.zeros((3, 4), "float32"), "bias": np.zeros(4, "float32")}
    found = answer(save(arrays))
    assert isinstance(found, dict), (
        f"it returned {type(found).__name__}, not a dictionary. "
        "Hint: {name: shape} for every array."
    )
    assert set(found) == {"kernel", "bias"}, (
        f"for arrays named kernel and bias it gives the names {str([*found])[:60]}. "
        "Hint: the keys of the JSON text are the names."
    )
    given = {key: str(value)[:40] for key, value in found.items()}
    assert all(isinstance(each, list | tuple) for each in found.values()), (
        f"for bias it gives {given['bias']}, not a shape. "
        'Hint: take the entry "shape" of each dictionary in the header.'
    )
    assert {key: [*each] for key, each in found.items()} == {
        "kernel": [3, 4],
        "bias": [4],
    }, (
        f"kernel (3, 4) and bias (4,) come out as {given}. "
        'Hint: take the entry "shape" of each dictionary in the header.'
    )
    labelled = answer(save({"scale": np.array(2, "float32")}, {"lesson": "08b"}))
    assert "__metadata__" not in labelled, (
        "a file with remarks gives an array called __metadata__. "
        'Hint: leave the key "__metadata__" out.'
    )
    assert labelled == {"scale": []} or labelled == {"scale": ()}, (
        f"a file with the single number scale gives {str(labelled)[:60]}. "
        "Hint: its shape is empty, and an empty shape is a shape as well."
    )
    many = {f"layer_{i}": np.zeros((i, 2), "float32") for i in range(1, 40)}
    found = answer(save(many))
    assert {k: [*v] for k, v in found.items()} == {k: [*many[k].shape] for k in many}, (
        "a file with 39 arrays does not give 39 shapes. Hint: the length takes 8 "
        "bytes, the least significant first; the header goes on to byte 8 + length."
    )


WRONG = {  # replacements in a solution, or another body for it
    "torch_kernel__reversed": "return kernel.T",
    "torch_kernel__reshaped": [
        ("kernel.transpose(3, 2, 0, 1)", "kernel.reshape(kernel.shape[::-1])"),
        ("return kernel.T", "return kernel.reshape(kernel.shape[::-1])"),
    ],
    "torch_kernel__reshaped_conv": [
        (
            "kernel.transpose(3, 2, 0, 1)",
            "kernel.reshape([kernel.shape[i] for i in (3, 2, 0, 1)])",
        )
    ],
    "torch_kernel__inputs_first": [("(3, 2, 0, 1)", "(2, 3, 0, 1)")],
    "torch_kernel__dense_unchanged": [("return kernel.T", "return kernel")],
    "torch_kernel__where_axes_go": [("(3, 2, 0, 1)", "(2, 3, 1, 0)")],
    "read_shapes__big_endian": [('"little"', '"big"')],
    "read_shapes__with_metadata": [
        ('header[key]["shape"]', 'header[key].get("shape", [])'),
        (' if key != "__metadata__"', ""),
    ],
    "read_shapes__too_short": [("8 : 8 + length", "8:length")],
    "read_shapes__offsets": [('["shape"]', '["data_offsets"]')],
    "read_shapes__whole_entries": [('["shape"]', "")],
    "read_shapes__one_byte": [("data[:8]", "data[:1]")],
    "read_shapes__names_only": "return ['kernel', 'bias']",
}
