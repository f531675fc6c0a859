"""Matrix decompositions and solvers of the standard's extension `linalg`, each with its derivative."""

__all__: list[str] = []
