"""A language model of half a megabyte whose weights are chance, written where a test wants it: real, and ignorant."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WIDTH, HIDDEN, LAYERS, HEADS, CONTEXT = 64, 128, 2, 4, 4096
TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


def write_model(path: Path, seed: int = 7) -> None:
    """In GGUF, as llama.cpp reads it: two layers, a token for each byte."""
    import gguf

    model = gguf.GGUFWriter(str(path), "llama")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(HIDDEN)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    control, byte = gguf.TokenType.CONTROL, gguf.TokenType.BYTE
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{value:02X}>" for value in range(256))]
    model.add_vocab_size(len(tokens))
    model.add_tokenizer_model("llama")
    model.add_token_list(tokens)
    model.add_token_scores([0.0] * len(tokens))
    model.add_token_types([gguf.TokenType.UNKNOWN, control, control, *[byte] * 256])
    model.add_bos_token_id(1)
    model.add_eos_token_id(2)
    model.add_unk_token_id(0)
    model.add_chat_template(TEMPLATE)
    shapes = {"token_embd": (len(tokens), WIDTH), "output": (len(tokens), WIDTH), "output_norm": (WIDTH,)}
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        shapes |= {f"{at}attn_norm": (WIDTH,), f"{at}ffn_norm": (WIDTH,)}
        shapes |= {f"{at}attn_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        shapes |= {f"{at}ffn_{part}": (HIDDEN, WIDTH) for part in ("gate", "up")} | {f"{at}ffn_down": (WIDTH, HIDDEN)}
    chance = np.random.default_rng(seed)
    for name, shape in shapes.items():
        weights = np.ones(shape) if name.endswith("norm") else chance.normal(0.0, 0.1, shape)
        model.add_tensor(f"{name}.weight", weights.astype(np.float32))
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()
