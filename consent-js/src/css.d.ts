declare module "*.css" {
  const css: string;
  export default css;
}

/** The parts that the build puts into a script: see `scripts/bundle.mjs`. */
declare module "parts";
