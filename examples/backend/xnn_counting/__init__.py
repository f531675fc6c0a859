"""An array library, in `arrays`, and what makes it a backend of xnn, in `backend`."""
