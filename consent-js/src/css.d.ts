declare module "*.css" {
  const css: string;
  export default css;
}

/** What the build puts into a script: see `scripts/bundle.mjs`. */
declare module "extras";
