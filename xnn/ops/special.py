"""Special functions, which the standard lacks, each with its derivative."""

__all__: list[str] = []
