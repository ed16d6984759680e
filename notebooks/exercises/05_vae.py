"""Exercises of lesson 05: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def bernoulli_reconstruction(pictures, logits):
    white = (pictures + 1) / 2
    nats = np.logaddexp(0, logits) - white * logits
    return float(nats.sum(axis=(1, 2, 3)).mean())


def sampling_layer():
    import keras
    from keras import layers, ops

    class Sampling(layers.Layer):
        def __init__(self, seed=None, temperature=1.0, **options):
            super().__init__(**options)
            self.seed, self.temperature = seed, temperature
            self.generator = keras.random.SeedGenerator(seed)

        def call(self, inputs):
            mean, log_variance = inputs
            noise = keras.random.normal(ops.shape(mean), seed=self.generator)
            return mean + self.temperature * ops.exp(0.5 * log_variance) * noise

        def get_config(self):
            own = {"seed": self.seed, "temperature": self.temperature}
            return super().get_config() | own

    return Sampling


def blend_four(encode, decode, corners, steps):
    codes, blends = encode(corners), []
    for down in np.linspace(0, 1, steps):
        for right in np.linspace(0, 1, steps):
            top = (1 - right) * codes[0] + right * codes[1]
            bottom = (1 - right) * codes[2] + right * codes[3]
            blends.append((1 - down) * top + down * bottom)
    return decode(np.array(blends))


def check_1(answer):
    """The reconstruction term of a Bernoulli decoder."""
    white, black = np.ones((1, 2, 3, 1)), -np.ones((1, 2, 3, 1))
    even = np.zeros((1, 2, 3, 1))
    assert close(answer(white, even), 6 * np.log(2)), (
        "6 white pixels with logits of 0, so p = 1/2, do not cost 6 log 2 nats. "
        "Hint: sum over the pixels, average over the pictures only."
    )
    assert close(
        answer(np.tile(white, (4, 1, 1, 1)), np.zeros((4, 2, 3, 1))), 4.15888
    ), (
        "four equal pictures do not cost as much as one. "
        "Hint: the result is the average over the pictures."
    )
    sure = np.full((1, 2, 3, 1), 3.0)
    assert close(answer(white, sure), 6 * np.log1p(np.exp(-3))), (
        "white pixels with a logit of 3 do not cost -log p each. "
        "Hint: p = 1 / (1 + exp(-logit)) is the probability of white, a value of 1."
    )
    assert close(answer(black, sure), 6 * np.log1p(np.exp(3))), (
        "black pixels (-1) with a logit of 3 do not cost -log(1 - p) each. "
        "Hint: bring pictures from [-1, 1] to shares of white from 0 to 1 first."
    )
    grey = answer(even, sure)
    assert close(grey, 3 * (np.log1p(np.exp(-3)) + np.log1p(np.exp(3)))), (
        "grey pixels (0), half white and half black, do not cost half of each. "
        "Hint: -(share * log p + (1 - share) * log(1 - p))."
    )
    with np.errstate(all="ignore"):
        far = answer(white, np.full((1, 2, 3, 1), -1000.0))
        right = answer(black, np.full((1, 2, 3, 1), -1000.0))
    assert close(far, 6000.0) and close(right, 0.0), (
        "with logits of -1000 white pixels do not cost 1000 nats each and black ones "
        "0. Hint: never form p: -log p is np.logaddexp(0, -logit)."
    )


def check_2(answer):
    """A Sampling layer that can be built again from its configuration."""
    Sampling = answer()
    from keras import layers  # takes seconds, so only for an attempt

    good = isinstance(Sampling, type) and issubclass(Sampling, layers.Layer)
    assert good, (
        f"it returned {str(Sampling)[:40]}, which is no class of layers. Hint: define "
        "`class Sampling(layers.Layer)` inside the function and return Sampling."
    )
    mean = np.full((2000, 3), 5.0, "float32")
    log_variance = np.full((2000, 3), np.log(4), "float32")

    def draw(layer):
        return np.asarray(layer([mean, log_variance]))

    z = draw(Sampling(seed=1))
    assert z.shape == mean.shape, (
        f"for inputs of shape (2000, 3) it draws the shape {z.shape}. "
        "Hint: draw the noise with ops.shape(mean)."
    )
    assert abs(z.mean() - 5) < 0.2, (
        f"for a mean of 5 the draws have the mean {z.mean():.2f}. "
        "Hint: z = mean + standard deviation * noise."
    )
    assert z.std(axis=0).min() > 0.01 and z.std(axis=1).min() > 0.01, (
        "rows or columns share the same noise. "
        "Hint: every entry of z has noise of its own."
    )
    assert abs(z.std() - 2) < 0.1, (
        f"for a variance of 4 the draws have the standard deviation {z.std():.2f}. "
        "Hint: the input is the logarithm of the variance, so that the standard "
        "deviation is exp(0.5 * log_variance)."
    )
    assert abs(draw(Sampling(seed=1, temperature=0.5)).std() - 1) < 0.05, (
        "with temperature=0.5 the standard deviation is not halved. "
        "Hint: multiply the standard deviation, not the variance, by temperature."
    )
    layer = Sampling(seed=1, temperature=0.5)
    assert not close(draw(layer), draw(layer)), (
        "two calls give the same draws. Hint: make one keras.random.SeedGenerator in "
        "__init__ and give it to keras.random.normal; an int repeats itself."
    )
    assert close(draw(Sampling(seed=7)), draw(Sampling(seed=7))), (
        "two layers with the same seed draw differently. "
        "Hint: keras.random.SeedGenerator(seed)."
    )
    config = Sampling(seed=7, temperature=0.5, name="z").get_config()
    assert config.get("name") == "z", (
        "the name is not in the configuration. Hint: begin with super().get_config(), "
        "and pass **options to super().__init__."
    )
    assert config.get("temperature") == 0.5 and config.get("seed") == 7, (
        "get_config lacks the seed or the temperature. "
        "Hint: add both to what super().get_config() returns."
    )
    again = Sampling.from_config(config)
    assert close(draw(again), draw(Sampling(seed=7, temperature=0.5))), (
        "a layer built from the configuration draws differently. "
        "Hint: store the seed itself, not the generator, and use every argument."
    )


def check_3(answer):
    """Blends of four pictures' codes."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(6, 6)) / 2
    corners = rng.normal(size=(4, 2, 3, 1))
    before = corners.copy()

    def encode(pictures):
        return np.asarray(pictures).reshape(-1, 6) @ weights

    def decode(codes):
        return np.tanh(np.asarray(codes)).reshape(-1, 2, 3, 1)

    result = np.asarray(answer(encode, decode, corners, 3))
    assert result.shape == (9, 2, 3, 1), (
        f"for steps=3 the result has the shape {result.shape}, not (9, 2, 3, 1). "
        "Hint: one picture for each place of the square, row by row."
    )
    ends = decode(encode(corners))
    assert close(result[[0, 2, 6, 8]], ends), (
        "the corners of the square are not the four decoded codes. Hint: top left, top "
        "right, bottom left, bottom right are places 0, steps - 1, -steps and -1."
    )
    codes = encode(corners)
    assert close(result[1], decode((codes[0] + codes[1])[None] / 2)[0]), (
        "the middle of the upper edge is not the decoded mean of two codes. "
        "Hint: blend the codes, then decode; do not blend pictures."
    )
    assert close(result[3], decode((codes[0] + codes[2])[None] / 2)[0]), (
        "the middle of the left edge is not halfway from top left to bottom left. "
        "Hint: the first of the two loops goes down, the second to the right."
    )
    assert close(result[4], decode(codes.mean(axis=0)[None])[0]), (
        "the centre is not the decoded mean of all four codes. "
        "Hint: blend along the upper and the lower edge, then between the two."
    )
    more = np.asarray(answer(encode, decode, corners, 5))
    expected = decode((0.75 * codes[0] + 0.25 * codes[1])[None])[0]
    assert more.shape == (25, 2, 3, 1) and close(more[1], expected), (
        "with steps=5, place 1 is not a quarter of the way along the upper edge. "
        "Hint: np.linspace(0, 1, steps)."
    )
    assert close(corners, before, 0), (
        "your function changes its input. Hint: work on copies."
    )


WRONG = {  # replacements in a solution, or another body for it
    "bernoulli_reconstruction__mean": [(".sum(axis=(1, 2, 3)).mean()", ".mean()")],
    "bernoulli_reconstruction__sum_of_all": [(".sum(axis=(1, 2, 3)).mean()", ".sum()")],
    "bernoulli_reconstruction__keeps_the_range": [("(pictures + 1) / 2", "pictures")],
    "bernoulli_reconstruction__swaps_colours": [("(pictures + 1)", "(1 - pictures)")],
    "bernoulli_reconstruction__forms_p": [
        ("white = ", "p, white = 1 / (1 + np.exp(-logits)), "),
        ("np.logaddexp(0, logits)", "-white * np.log(p) - (1 - white) * np.log(1 - p)"),
        (" - white * logits", ""),
    ],
    "bernoulli_reconstruction__rounds": [("(pictures + 1) / 2", "pictures > 0")],
    "bernoulli_reconstruction__squares": [
        ("np.logaddexp(0, logits) - white * logits", "(white - logits) ** 2")
    ],
    "sampling_layer__variance": [("ops.exp(0.5 * log", "ops.exp(log")],
    "sampling_layer__log": [("ops.exp(0.5 * log_variance)", "log_variance")],
    "sampling_layer__no_mean": [("return mean + ", "return ")],
    "sampling_layer__same_noise_for_all_rows": [("ops.shape(mean)", "mean.shape[1:]")],
    "sampling_layer__same_noise_in_a_row": [("ops.shape(mean)", "(len(mean), 1)")],
    "sampling_layer__sums_the_units": [
        ("return mean + self", "return ops.sum(mean, 1) + self"),
        ("* noise", "* noise[:, 0]"),
        ("ops.exp(0.5 * log_variance)", "ops.exp(0.5 * log_variance[:, 0])"),
    ],
    "sampling_layer__temperature_of_the_variance": [
        ("self.temperature * ops", "self.temperature**0.5 * ops")
    ],
    "sampling_layer__ignores_temperature": [("self.temperature * ops", "ops")],
    "sampling_layer__fixed_noise": [("seed=self.generator", "seed=self.seed or 0")],
    "sampling_layer__ignores_the_seed": [("SeedGenerator(seed)", "SeedGenerator()")],
    "sampling_layer__forgets_the_rest": [("super().get_config() | own", "own")],
    "sampling_layer__no_get_config": [("get_config(self)", "configuration(self)")],
    "sampling_layer__config_without_the_seed": [('"seed": self.seed, ', "")],
    "sampling_layer__returns_a_layer": [("return Sampling", "return Sampling()")],
    "blend_four__blends_pictures": [
        ("encode(corners)", "decode(encode(corners))"),
        ("decode(np", "(np"),
    ],
    "blend_four__column_by_column": [
        ("codes[0] + right * codes[1]", "codes[0] + right * codes[2]"),
        ("codes[2] + right * codes[3]", "codes[1] + right * codes[3]"),
    ],
    "blend_four__never_arrives": [
        ("for down in np.linspace(0, 1, steps)", "for down in np.arange(steps) / steps")
    ],
    "blend_four__a_grid": [
        ("(np.array(blends))", "(np.array(blends)).reshape(steps, steps, 2, 3, 1)")
    ],
    "blend_four__mixes_two": [("(1 - down) * top + down * bottom", "top")],
    "blend_four__bends": [("(1 - down) * top", "(1 - down) ** 2 * top")],
    "blend_four__always_three": [
        ("for right in np.linspace(0, 1, steps)", "for right in (0, 0.5, 1)"),
        ("for down in np.linspace(0, 1, steps)", "for down in (0, 0.5, 1)"),
    ],
}
