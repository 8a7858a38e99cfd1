"""The API of HumanLayer, as its SDKs (Python 0.7, TypeScript 0.7) call it. docs/humanlayer.md says how to use it."""
