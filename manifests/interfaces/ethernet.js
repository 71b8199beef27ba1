export { default } from "embedded:network/interface/ethernet";
