// The functions are named as in an experiment that PsychoPy Builder exports. What stands between "code_mien" and "end
// of code_mien" is what you paste into the JS side of a code component; only the path of the import differs.
import { psychoJS, runRoutine } from "./stand_in.js";

const main = document.querySelector("main");
const TRIALS = ["Think of something that made you laugh.", "Count backwards from twenty."];

let mien, isPressed;
addEventListener("keydown", ({ code }) => { isPressed ||= code === "Space"; });

async function experimentInit() {
  // code_mien: Begin Experiment
  const { MienComponent } = await import("../../dist/psychojs.js");
  mien = new MienComponent({ psychoJS });
  await mien.askForCamera();
  // end of code_mien
}

async function trialRoutineBegin(text) {
  main.textContent = `${text} Then press the space bar.`;
  isPressed = false;
  // code_mien: Begin Routine
  mien.begin();
  // end of code_mien
}

async function trialRoutineEachFrame() {
  // code_mien: Each Frame
  document.title = mien.face ? mien.face.emotion : "no face";
  // end of code_mien
  return !isPressed;
}

async function trialRoutineEnd(text) {
  psychoJS.experiment.addData("text", text);
  // code_mien: End Routine
  await mien.end();
  // end of code_mien
}

async function quitPsychoJS() {
  // code_mien: End Experiment
  mien.close();
  // end of code_mien
  main.innerHTML = "<h1>Data</h1><pre></pre>";
  main.querySelector("pre").textContent = JSON.stringify(psychoJS.experiment.entries, null, 2);
}

await experimentInit();
for (const text of TRIALS) {
  await runRoutine({
    begin: () => trialRoutineBegin(text),
    eachFrame: trialRoutineEachFrame,
    end: () => trialRoutineEnd(text),
  });
}
await quitPsychoJS();
