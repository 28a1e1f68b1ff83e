// Paste this into the question's JavaScript, and set EMBED to where embed.html and the files of `dist` beside it are.
Qualtrics.SurveyEngine.addOnload(function () {
  const EMBED = new URL("../../dist/embed.html", location.href); // new URL("https://host.example/mien/embed.html")
  const TRIAL = "question";
  const engine = Qualtrics.SurveyEngine;
  const frame = this.getQuestionContainer().querySelector("iframe.mien");

  // Surveys of the new design have setJSEmbeddedData, whose fields are named __js_mien_status and so on.
  const method = engine.setJSEmbeddedData ? "setJSEmbeddedData" : "setEmbeddedData";
  const save = (name, value) => engine[method](name, String(value ?? ""));
  const send = (message) => frame.contentWindow.postMessage({ mien: 1, ...message }, EMBED.origin);

  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== EMBED.origin || data?.mien !== 1) return;
    if (data.status) save("mien_status", data.status);
    if (data.status === "on") send({ type: "start", trial: TRIAL });
    if (data.type === "summary") for (const [name, value] of Object.entries(data.columns)) save(name, value);
    if (data.type === "error") save("mien_error", data.reason);
  });
  frame.addEventListener("load", () => send({ type: "hello" }));
  frame.src = `${EMBED}#origins=${location.origin}`;
});
