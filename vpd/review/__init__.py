"""Review of generated programs: what can be known of them before any picture is looked at."""
