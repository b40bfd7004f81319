"""The pages. They load nothing from another host and run no inline script."""
