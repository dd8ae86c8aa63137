// A link to the record's page in the admin, for those who may change it (middleware.EditorCookie).
"use strict";
{
    const { model, url } = document.currentScript.dataset;
    const cookie = document.cookie.split("; ").find((each) => each.startsWith("spacedevs_may="));
    const may = cookie ? decodeURIComponent(cookie.split("=")[1]).split(" ") : [];
    const title = document.querySelector(".page-header");
    if (title && may.includes(model)) {
        const link = document.createElement("a");
        link.href = url;
        link.textContent = "Edit";
        link.className = "button";
        title.append(link);
    }
}
