"""What vpd must know of the processor of a vision-language model, one adapter per family."""
