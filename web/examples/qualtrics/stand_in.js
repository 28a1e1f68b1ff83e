// Stands in for Qualtrics: the part of Qualtrics.SurveyEngine that question.js uses. The Next button shows the
// embedded data as they would be saved.
globalThis.Qualtrics = {
  SurveyEngine: {
    fields: {},
    addOnload(run) {
      addEventListener("DOMContentLoaded", () => run.call({ getQuestionContainer: () => document.querySelector("main") }));
    },
    setEmbeddedData(name, value) {
      this.fields[name] = value;
    },
  },
};

addEventListener("DOMContentLoaded", () => document.querySelector("#NextButton").addEventListener("click", () => {
  document.querySelector("pre").textContent = JSON.stringify(Qualtrics.SurveyEngine.fields, null, 2);
}));
