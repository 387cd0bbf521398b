"""Numbers from results: effects of arms, the flow of seeds, why growth sped up, and a summary of it all."""

from selfseed.analysis.summary import summary

__all__ = ["summary"]
