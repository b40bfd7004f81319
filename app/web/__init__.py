"""The pages: server-rendered, in Chinese and English, complete without JavaScript.

They load nothing from another host and run no inline script. To add one:

1. A module here with a `router = APIRouter(include_in_schema=False)` and a plain `def` route that
   takes `page: Here` (`app.web.page`), reads through `page.office`, and returns
   `page.render("name.html", ...)`. Its name goes into `app.api.access.RULES` (and into
   `tests/api/test_access.py`), the router into `pages.ROUTERS`.
2. A template that extends `base.html` and fills `title` and `main`. Every text stands in it as
   `{{ _("Text with a {placeholder}", placeholder=value) }}`, its Chinese in `dabiao.po`. A text
   that a module holds is marked there: `msg("Text")`. `tests/test_translation.py` finds both.
3. Values come in formatted (`app.web.formats`): numbers by the KPI's decimals, exactly. Statuses
   are shown by the macro `status` of `macros.html`: a word, a shape and a colour.
4. Links are made by `page.link("route_name", plan=...)`, files by `page.asset("app.css")`.
   The state of a page is its query string: plain GET forms, which htmx only makes swift.
5. A page of the navigation is a line in `navigation.ENTRIES`; it shows when its route is there and
   whoever looks may go there.
"""
