// Two short texts; what the participant's face displays while reading each is part of the trial's data.
// Needs jsPsych 8 and the plugin html-button-response, which the page loads before this module.
import { MienExtension, MienSetupPlugin } from "../../dist/jspsych.js";

const { initJsPsych, jsPsychHtmlButtonResponse } = globalThis;

const TEXTS = [
  { name: "joke", text: "I told my computer that I needed a break. Now it sends me advertisements for beaches." },
  { name: "neutral", text: "The library opens at nine o'clock. On Saturdays it opens at ten." },
];

const jsPsych = initJsPsych({
  extensions: [{ type: MienExtension }],
  on_finish() {
    jsPsych.extensions.mien.camera.stop();
    jsPsych.data.displayData("json");
  },
});

const setup = { type: MienSetupPlugin, baseline_duration: 4000 };

const reading = {
  timeline: [{
    type: jsPsychHtmlButtonResponse,
    stimulus: () => `<p>${jsPsych.evaluateTimelineVariable("text")}</p>`,
    choices: ["Next"],
    data: { text: jsPsych.timelineVariable("name") },
    extensions: [{ type: MienExtension, params: { series: true } }],
  }],
  timeline_variables: TEXTS,
};

jsPsych.run([setup, reading]);
