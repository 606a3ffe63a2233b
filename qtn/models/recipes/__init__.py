"""Recipes: how models choose the settings of their training by themselves."""
