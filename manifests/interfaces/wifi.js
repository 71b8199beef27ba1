export { default } from "embedded:network/interface/wifi";
