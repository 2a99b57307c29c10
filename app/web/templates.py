"""The templates, compiled once per language.

What is known when a template is compiled is put into it then, like the markup around it, instead
of being looked up for each page: texts, addresses but for their variable parts, drawings, and
what never changes, such as the utility's name.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from app.web.addresses import address_parts

PASSED_ON = re.compile(r"^( *)yield from (.+)$", re.MULTILINE)
VALUE = re.compile(r"%\((\w+)\)s")
FIXED = frozenset({"utility", "is_demo", "language"})  # no template sets them
# Functions of ours and of Flask that each page calls: no template sets them either.
OF_REQUEST = frozenset(
    {"csp_nonce", "csrf_token", "get_flashed_messages", "signed_in_account", "this_address"}
)
NUMBERS = frozenset({int, float})
needs_escaping = re.compile("[&<>'\"]").search


def written(value: Any) -> str:
    """As `escape` writes it, but as a plain text: a template only joins what this gives, and
    making a Markup of each value took longer than escaping it."""
    kind = type(value)
    if kind is str:
        return escape(value) if needs_escaping(value) else value
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind in NUMBERS else escape(value)


class PageCode(CodeGenerator):
    """Writes values by `written`, unless a filter of ours made them, and a loop as one piece: each
    piece is handed up through the generators of all layouts."""

    environment: "PageEnvironment"

    def visit_For(self, node: nodes.For, frame: Any) -> None:
        if frame.buffer is not None or frame.require_output_check:
            super().visit_For(node, frame)
            return
        self.buffer(frame)
        super().visit_For(node, frame)
        self.writeline(f"yield concat({frame.buffer})")
        frame.buffer = None

    def visit_Call(self, node: nodes.Call, frame: Any, forward_caller: bool = False) -> None:
        """What wants nothing of the page's context is called without it."""
        match node:
            case nodes.Call(
                node=nodes.Name(name=name), args=[], kwargs=[], dyn_args=None, dyn_kwargs=None
            ) if name in OF_REQUEST and not forward_caller:
                self.visit(node.node, frame)
                self.write("()")
            case _:
                super().visit_Call(node, frame, forward_caller=forward_caller)

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        elif isinstance(node, nodes.Filter) and node.name in self.environment.plain_filters:
            self.write("(")
        else:
            self.write("environment.written(")


class PageEnvironments(Environment):
    """What `render_template` asks: gives each template in the language of the request."""

    def __init__(self, app: Flask, choose: Callable[[], Environment], **options: Any) -> None:
        super().__init__(app, **options)
        self._choose = choose

    def get_or_select_template(self, *args: Any, **kwargs: Any) -> Template:
        return self._choose().get_or_select_template(*args, **kwargs)


class PageEnvironment(Environment):
    """The templates in one language."""

    code_generator_class = PageCode
    written = staticmethod(written)

    def __init__(
        self,
        app: Flask,
        *,
        translate: Callable[[str], str],
        plain_filters: Mapping[str, Callable[..., str]],
        **options: Any,
    ) -> None:
        """plain_filters: by their names; what they give never holds a character that is escaped."""
        super().__init__(app, **options)
        self.translate = translate
        self.plain_filters = plain_filters
        self.filters.update(plain_filters)
        self._made: dict[str, Template] = {}

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        """Once made, at hand: Jinja's own memory takes a lock and joins names each time."""
        if self.auto_reload or globals or type(name) is not str:
            return super().get_template(name, parent, globals)
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = super().get_template(name, parent)
        return found

    def make_globals(self, d: Any) -> dict[str, Any]:
        """One dict, not Jinja's chain of two: for each page that one is copied key by key."""
        return {**self.globals, **(d or {})}

    def source(self, name: str) -> str:
        if self.loader is None:
            raise RuntimeError("templates come from nowhere")
        return self.loader.get_source(self, name)[0].rstrip()

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        known = PutInPlace(self).visit(source).set_environment(self)
        # A layout and a block as one piece, too.
        return PASSED_ON.sub(r"\1yield concat(\2)", super()._generate(known, *args, **kwargs))


class PutInPlace(NodeTransformer):
    """Replaces `_("constant")`, `url_for("constant", ...)`, `{% include "drawing.svg" %}` and
    what is fixed by what they would give at run time: translations are ours and may hold markup;
    the values within texts and addresses are escaped as everything is."""

    def __init__(self, environment: PageEnvironment) -> None:
        self._environment = environment

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        """`{{ _("Pay by %(day)s", day=x) }}` as if `Pay by {{ x }}` stood there."""
        pieces = []
        for child in node.nodes:
            pieces += self._address(child) or self._text_around_values(child) or [child]
        node.nodes = pieces
        return self.generic_visit(node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        address, text = self._address(node), self._text(node)
        if address:
            return self.generic_visit(nodes.Concat(address))
        if text is None or node.kwargs:
            return self.generic_visit(node)
        return nodes.Const(Markup(text) % {})  # noqa: S704

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        return self._fixed(node) or node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        return self._fixed(node) or self.generic_visit(node)

    def visit_Include(self, node: nodes.Include) -> nodes.Node:
        match node.template:
            case nodes.Const(value=str() as name) if name.endswith(".svg"):
                drawing = nodes.TemplateData(self._environment.source(name))
                return nodes.Output([drawing]).set_lineno(node.lineno)
        return node

    def _fixed(self, node: nodes.Node) -> nodes.Node | None:
        match node:
            case nodes.Name(name=name, ctx="load") if name in FIXED:
                value = self._environment.globals[name]
            case nodes.Getattr(node=nodes.Name(name=name), attr=attribute) if name in FIXED:
                value = getattr(self._environment.globals[name], attribute)
            case _:
                return None
        return nodes.Const(value) if isinstance(value, str | bool) else None

    def _text(self, node: nodes.Node) -> str | None:
        text = _constant_of("_", node)
        return None if text is None else self._environment.translate(text)

    def _text_around_values(self, node: nodes.Node) -> list[nodes.Expr]:
        """Empty for what is better left to run time."""
        values, parts = _keywords(node), VALUE.split(self._text(node) or "")
        if not values or sorted(parts[1::2]) != sorted(values) or "%" in "".join(parts[::2]):
            return []
        return [
            values[part] if place % 2 else nodes.TemplateData(part)
            for place, part in enumerate(parts)
        ]

    def _address(self, node: nodes.Node) -> list[nodes.Expr]:
        """Empty for what is better left to run time."""
        endpoint = _constant_of("url_for", node)
        if endpoint is None:
            return []
        values = _keywords(node)
        fixed = {name: v.value for name, v in values.items() if isinstance(v, nodes.Const)}
        parts = address_parts(self._environment.app, endpoint, fixed, values.keys() - fixed)
        return [nodes.Name("script_root", "load") for _ in parts[:1]] + [
            nodes.Filter(values[part], "in_address", [], [], None, None)
            if place % 2
            else nodes.Const(part)
            for place, part in enumerate(parts)
        ]


def _constant_of(function: str, node: nodes.Node) -> str | None:
    """The text that this function is called with, if it is a constant."""
    match node:
        case nodes.Call(
            node=nodes.Name(name=name),
            args=[nodes.Const(value=str() as text)],
            dyn_args=None,
            dyn_kwargs=None,
        ) if name == function:
            return text
    return None


def _keywords(node: nodes.Node) -> dict[str, nodes.Expr]:
    return {k.key: k.value for k in node.kwargs} if isinstance(node, nodes.Call) else {}
