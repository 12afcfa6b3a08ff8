"""The page in the browser. Only app.py loads gradio; render.py is plain text to HTML."""
