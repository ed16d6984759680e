"""What a request may contain; everything else is refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_PROMPT = 8000  # characters
SIZE = r"^(auto|1024x1024|[1-9]\d{1,2}x[1-9]\d{1,2})$"  # width x height

Prompt = Annotated[str, Field(max_length=MAX_PROMPT)]
Stop = Annotated[str, Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(max_length=100)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Latent = Annotated[list[Annotated[float, Field(ge=-10, le=10)]], Field(max_length=1024)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class StreamOptions(Strict):
    include_usage: bool = False


class Writing(Strict):
    model: Name | None = None
    n: int = Field(1, ge=1, le=16)
    temperature: float = Field(1.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    seed: Seed | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: Name | None = None


class Completion(Writing):
    prompt: Prompt | Annotated[list[Prompt], Field(min_length=1, max_length=16)] = ""
    max_tokens: int = Field(16, ge=1, le=1000)
    logprobs: int | None = Field(None, ge=0, le=5)


class Message(Strict):
    role: Literal["system", "user", "assistant"]
    content: Prompt


class ChatCompletion(Writing):
    messages: Annotated[list[Message], Field(min_length=1, max_length=100)]
    max_tokens: int | None = Field(None, ge=1, le=1000)
    max_completion_tokens: int | None = Field(None, ge=1, le=1000)
    logprobs: bool = False
    top_logprobs: int = Field(0, ge=0, le=20)


class Pictures(Strict):
    prompt: Prompt = "random"  # or the name of a class
    model: Name | None = None
    n: int = Field(1, ge=1, le=32)
    size: str = Field("auto", pattern=SIZE)
    response_format: Literal["b64_json"] = "b64_json"
    user: Name | None = None
    # Not in OpenAI's API: what a picture is made of, one list of numbers for each.
    seed: Seed | None = None
    latents: Annotated[list[Latent], Field(min_length=1, max_length=32)] | None = None


class Feedback(Strict):
    model: Name
    rating: Literal["up", "down"]
    prompt: Prompt = ""
    output: Annotated[str, Field(max_length=20_000)] = ""
    latent: Latent | None = None


class ErrorBody(BaseModel):
    message: str
    type: str
    param: str | None = None
    code: str | None = None


class Error(BaseModel):
    error: ErrorBody
