"""The seam to language models: an OpenAI-compatible endpoint, its requests and its answers, kept."""
