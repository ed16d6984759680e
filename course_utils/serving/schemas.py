"""What a request may contain, all else is refused, and the form of its answer."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

SIZE = r"^(auto|1024x1024|[1-9]\d{1,2}x[1-9]\d{1,2})$"  # width x height

Text = Annotated[str, Field(max_length=8000)]
Stop = Annotated[str, Field(min_length=1, max_length=100)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Latent = Annotated[list[Annotated[float, Field(ge=-10, le=10)]], Field(max_length=999)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class StreamOptions(Strict):
    include_usage: bool = False


class Writing(Strict):
    """What completions and chats share."""

    model: Text | None = None
    n: int = Field(1, ge=1, le=16)
    temperature: float = Field(1.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    seed: Seed | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: Text | None = None

    def stops(self):
        return [self.stop] if isinstance(self.stop, str) else self.stop or []


class Completion(Writing):
    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=16)] = ""
    max_tokens: Limit = 16
    logprobs: int | None = Field(None, ge=0, le=5)
    kind: ClassVar = "cmpl", "text_completion", "text_completion"

    def prompts(self, model):
        return [self.prompt] if isinstance(self.prompt, str) else self.prompt

    def limits(self):
        return self.max_tokens, self.logprobs

    def choice(self, text, entries):
        """entries: for each token [(text, log probability)], its own, then the top"""
        if self.logprobs is None:
            return {"text": text, "logprobs": None}
        firsts = [first for first, *_ in entries]
        columns = {"tokens": [token for token, _ in firsts]}
        columns["token_logprobs"] = [value for _, value in firsts]
        columns["top_logprobs"] = [dict(top) for _, *top in entries]
        return {"text": text, "logprobs": columns}


class Message(Strict):
    role: Literal["system", "user", "assistant"]
    content: Text


class ChatCompletion(Writing):
    messages: Annotated[list[Message], Field(min_length=1, max_length=100)]
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    logprobs: bool = False
    top_logprobs: int = Field(0, ge=0, le=20)
    kind: ClassVar = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def prompts(self, model):
        return [model.template([message.model_dump() for message in self.messages])]

    def limits(self):
        limit = self.max_completion_tokens or self.max_tokens or 256
        return limit, self.top_logprobs if self.logprobs else None

    def choice(self, text, entries):
        def form(token, value):
            return {"token": token, "logprob": value, "bytes": list(token.encode())}

        message = {"role": "assistant", "content": text}
        choice = {"delta" if self.stream else "message": message, "logprobs": None}
        if self.logprobs:
            lists = [[form(*pair) for pair in entry] for entry in entries]
            lists = [first | {"top_logprobs": top} for first, *top in lists]
            choice["logprobs"] = {"content": lists}
        return choice


class Pictures(Strict):
    prompt: Text = "random"  # or the name of a class
    model: Text | None = None
    n: int = Field(1, ge=1, le=32)
    size: str = Field("auto", pattern=SIZE)
    response_format: Literal["b64_json"] = "b64_json"
    user: Text | None = None
    # Not in OpenAI's API: what a picture is made of, a list of numbers for each.
    seed: Seed | None = None
    latents: Annotated[list[Latent], Field(min_length=1, max_length=32)] | None = None


class Feedback(Strict):
    model: Text
    rating: Literal["up", "down"]
    prompt: Text = ""
    output: Annotated[str, Field(max_length=20_000)] = ""
    latent: Latent | None = None


class Error(BaseModel):
    error: dict[str, str | None]
