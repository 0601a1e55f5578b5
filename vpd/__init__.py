"""Visual Program Distillation: programs, traces, verified rationales and a distilled student."""
