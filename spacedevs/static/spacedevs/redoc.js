// ReDoc, light or dark as the browser is.
"use strict";
{
    // The one image that it makes is its maker's mark, of the maker's host: the policy refuses it.
    const { setAttribute } = HTMLImageElement.prototype;
    HTMLImageElement.prototype.setAttribute = function (name, value) {
        if (name !== "src") {
            setAttribute.call(this, name, value);
        }
    };
    Object.defineProperty(HTMLImageElement.prototype, "src", { set() {} });

    const DARK = {
        colors: {
            primary: { main: "#8cb8ff" },
            text: { primary: "#e4e6ea", secondary: "#a8afba" },
            border: { dark: "#5b626d", light: "#434953" },
            responses: {
                success: { color: "#7fce9b", backgroundColor: "#1c2b22" },
                error: { color: "#ff9a94", backgroundColor: "#33201f" },
                redirect: { color: "#f0c674", backgroundColor: "#2f2a1c" },
                info: { color: "#8cc4f5", backgroundColor: "#1c2733" },
            },
        },
        schema: { nestedBackground: "#1f2228", typeNameColor: "#a8afba", requireLabelColor: "#ff9a94" },
        typography: { code: { color: "#f29cb9", backgroundColor: "#2a2e36" } },
        sidebar: { backgroundColor: "#1f2228", textColor: "#e4e6ea" },
        rightPanel: { backgroundColor: "#101216" },
    };
    const page = document.getElementById("document");
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const show = () => {
        const place = document.createElement("div");
        page.replaceChildren(place);
        Redoc.init(page.dataset.schema, { theme: dark.matches ? DARK : {} }, place);
    };
    dark.addEventListener("change", show);
    show();
}
