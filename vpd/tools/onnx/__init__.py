"""Detectors that run on ONNX Runtime, from a model file on disk."""
