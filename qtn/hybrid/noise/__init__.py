"""How a deployed model bears noise: uniform noise levels, and what is measured under each."""
