// Swagger UI, light or dark as the browser is, and with names for what has none.
"use strict";
{
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
    dark.addEventListener("change", follow);
    follow();

    const accessible = ({ React: { createElement } }) => {
        const labelled = (Control) => (props) => createElement("label", null,
            createElement("span", { className: "unseen" }, props.description),
            createElement(Control, props));
        return {
            components: {
                // The button around it opens an operation: a link in that is for no keyboard.
                DeepLink: ({ text }) => createElement("span", null, text),
            },
            wrapComponents: {
                InfoContainer: (Info) => (props) =>
                    createElement("section", { "aria-label": "About" }, createElement(Info, props)),
                JsonSchema_boolean: labelled,
                JsonSchema_string: labelled,
                HighlightCode: (Code) => (props) =>
                    createElement("div", { className: "code", tabIndex: 0 }, createElement(Code, props)),
            },
        };
    };

    SwaggerUIBundle({
        url: "{{ schema_url|escapejs }}",
        dom_id: "#document",
        presets: [SwaggerUIBundle.presets.apis],
        plugins: [accessible],
        layout: "BaseLayout",
        ...{{ settings|safe }},
    });
}
