"""`make load`: how much the server bears. It takes 8 minutes; --quick takes one.

Throughput with 1 and with 16 clients, latency at 80 % of capacity, answers beyond
capacity, /health and memory meanwhile. Exits with 1 where a promise is not kept.
"""

import argparse
import asyncio
import subprocess
import sys
import time

import httpx
import numpy as np
import psutil

MODEL, NUM_TOKENS, CLIENTS = "austen_transformer", 64, 16


async def ask(client, seconds, statuses, **settings):
    """One completion; notes how long it took, and its status."""
    body = {"model": MODEL, "prompt": "She was", "max_tokens": NUM_TOKENS} | settings
    begun = time.monotonic()
    answer = await client.post("/v1/completions", json=body)
    seconds.append(time.monotonic() - begun)
    statuses.append(answer.status_code)


async def closed_loop(client, num_clients, duration):
    """Tokens per second while each client asks again as soon as it is answered."""
    end, seconds, statuses = time.monotonic() + duration, [], []

    async def work():
        while time.monotonic() < end:
            await ask(client, seconds, statuses)

    begun = time.monotonic()
    await asyncio.gather(*(work() for _ in range(num_clients)))
    return len(seconds) * NUM_TOKENS / (time.monotonic() - begun)


async def open_loop(client, rate, duration):
    """Seconds and statuses of requests that arrive at random, `rate` a second."""
    random, seconds, statuses, tasks = np.random.default_rng(1), [], [], []
    end = time.monotonic() + duration
    while time.monotonic() < end:
        tasks.append(asyncio.create_task(ask(client, seconds, statuses)))
        await asyncio.sleep(random.exponential(1 / rate))
    await asyncio.gather(*tasks)
    return seconds, statuses


async def watch_health(client, seconds):
    while True:
        begun = time.monotonic()
        await client.get("/health")
        seconds.append(time.monotonic() - begun)
        await asyncio.sleep(0.1)


async def measure(address, process, quick):
    limits = httpx.Limits(max_connections=400)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        await ask(client, [], [])  # loads the model
        health, short = [], 5 if quick else 30
        watching = asyncio.create_task(watch_health(client, health))
        alone = await closed_loop(client, 1, short)
        together = await closed_loop(client, CLIENTS, short)
        memory = process.memory_info().rss
        rate = 0.8 * together / NUM_TOKENS
        seconds, statuses = await open_loop(client, rate, 20 if quick else 300)
        growth = process.memory_info().rss / memory - 1
        statuses = np.array(statuses)
        refused = np.mean(statuses == 429)  # at once, so they do not count as fast
        p50, p99 = np.percentile(np.array(seconds)[statuses == 200], [50, 99])
        beyond = []
        await asyncio.gather(*(ask(client, [], beyond) for _ in range(200)))
        watching.cancel()
    found = {
        "tokens per second, one client": (alone, True),
        "tokens per second, 16 clients": (together, True),
        "times as many, at least 3": (together / alone, together >= 3 * alone),
        "requests at 80 % of capacity": (len(statuses), {*statuses} <= {200, 429}),
        "share refused of these, at most 0.005": (refused, refused <= 0.005),
        "p50, seconds": (p50, True),
        "p99 / p50, at most 4": (p99 / p50, p99 <= 4 * p50),
        "memory growth, at most 0.03": (growth, growth <= 0.03),
        "of 200 at once answered, others 429": (
            beyond.count(200),
            {*beyond} == {200, 429},
        ),
        "p99 of /health, below 0.2 s": (
            np.percentile(health, 99),
            np.percentile(health, 99) < 0.2,
        ),
    }
    for name, (value, kept) in found.items():
        print(f"{name:40} {value:8.3f}{'' if kept else '   NOT KEPT'}")
    return all(kept for _, kept in found.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    command = [sys.executable, "-m", "course_utils.serving", MODEL, "--port", "8700"]
    pipe = dict(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    begun = time.monotonic()
    with subprocess.Popen(command, **pipe) as server:
        try:
            address = server.stdout.readline().strip()
            answer = httpx.post(f"{address}/v1/completions", json={}, timeout=60)
            answer.raise_for_status()
            first = time.monotonic() - begun
            print(f"{'first answer after start, seconds':40} {first:8.3f}")
            process = psutil.Process(server.pid)
            return 0 if asyncio.run(measure(address, process, quick)) else 1
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
