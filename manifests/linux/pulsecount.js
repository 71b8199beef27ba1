export { default } from "embedded:isobar/absent";
