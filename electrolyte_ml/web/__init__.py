"""The page for the laboratory: a small local web server, each page of which is a verb.

What a page computes, it computes by the same function as the verb of its name. Pages are rendered
here; `electrolyte_ml.web.app.create_app` makes the application, `electrolyte_ml.web.server.serve`
runs it. Both need the extra ``web``.
"""
