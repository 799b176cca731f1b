import{ba as r}from"./shared-35QJ6KRT.js";var s=globalThis.postMessage,a=r((e,o)=>s(e,o));globalThis.addEventListener("message",({data:e})=>{a(e)});
