"""Tools that any OpenAI-compatible endpoint answers: vLLM with a vision model, or a hosted one."""
