// Stands in for Qualtrics: the part of Qualtrics.SurveyEngine that question.js uses. The Next button shows the
// embedded data as they would be saved.
globalThis.Qualtrics = {
  SurveyEngine: {
    fields: {},
    addOnload(run) {
      const question = { getQuestionContainer: () => document.querySelector("main") };
      addEventListener("DOMContentLoaded", () => run.call(question));
    },
    setEmbeddedData(name, value) {
      this.fields[name] = value;
    },
  },
};

addEventListener("DOMContentLoaded", () => document.querySelector("#NextButton").addEventListener("click", () => {
  document.querySelector("pre").textContent = JSON.stringify(Qualtrics.SurveyEngine.fields, null, 2);
}));
