"""Vision tools from Hugging Face models, by hub id or folder, that share one device."""
