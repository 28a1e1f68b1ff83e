"""The documentation site: what MkDocs is given beside docs/."""
