// What inlay dev puts into each page: it loads the page anew when another version is there, and shows what is wrong
// over it as long as something is. It is no part of a site that is built.
"use strict";
{
  const style = /* page.css */ "";
  const events = "/_inlay/dev/events";
  const { kind, id: mine, method } = document.currentScript.dataset;
  document.currentScript.remove(); // the page is to be as it is without

  let source = null;
  let over = null;
  let gone = false;

  const hide = () => {
    over?.remove();
    over = null;
  };

  const reload = () => {
    gone = true;
    source?.close();
    // What a form was sent to is asked for, and not sent the form again.
    if (method === "" || method === "GET") location.reload();
    else location.replace(location.pathname + location.search);
  };

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...children);
    return made;
  };

  const lines = (excerpt) => excerpt.flatMap(({ number, text, mark }) => {
    const label = String(number).padStart(6) + "  ";
    const made = [element("span", mark > 0 ? "here" : "", element("i", "", label), text + "\n")];
    if (mark > 0) made.push(element("span", "caret", " ".repeat(label.length + mark - 1) + "^\n"));
    return made;
  });

  const show = (problems) => {
    hide();
    const close = element("button", "", "Close");
    close.addEventListener("click", hide);
    const box = element("div", "inlay over",
      close,
      element("h1", "", problems.length === 1 ? "A mistake" : `${problems.length} mistakes`),
      ...problems.map(({ place, message, excerpt }) => element("section", "",
        ...(place === "" ? [] : [element("h2", "", place)]),
        element("p", "", message),
        ...(excerpt.length === 0 ? [] : [element("pre", "", ...lines(excerpt))]))),
      element("footer", "", "The page below is from before. This goes away when it is mended."));
    box.setAttribute("role", "alert");
    over = document.createElement("inlay-dev");
    const root = over.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike <style>, no policy forbids it
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    root.append(box);
    document.documentElement.append(over);
    for (const { place, message } of problems) console.error(place === "" ? message : `${place}: ${message}`);
  };

  const take = ({ id, broken, problems }) => {
    if (gone) return;
    if (broken && kind === "page") show(problems);
    else if (id !== mine) reload();
    else hide();
  };

  const listen = () => {
    // Browsers have six connections to a server for all of their tabs: those that nobody sees keep none.
    if (document.visibilityState === "hidden") {
      source?.close();
      source = null;
      return;
    }
    if (source !== null || gone) return;
    const made = (source = new EventSource(events));
    made.onmessage = ({ data }) => take(JSON.parse(data));
    made.onerror = () => {
      if (made.readyState !== EventSource.CLOSED || source !== made) return; // else the browser tries again by itself
      source = null;
      setTimeout(listen, 1000);
    };
  };

  if (window.top === window) {
    document.addEventListener("visibilitychange", listen);
    window.addEventListener("pageshow", ({ persisted }) => {
      if (!persisted) return;
      source?.close();
      source = null;
      listen();
    });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
    listen();
  }
}
